# The same keys by Terraform's AWS provider: a KMS key with imported material and an alias each.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }
variable "account" { type = string }
variable "secret" { type = string }
variable "keys" { type = number }
variable "material" {
  type      = string
  sensitive = true
}

provider "aws" {
  region                  = "us-west-1"
  access_key              = var.account
  secret_key              = var.secret
  skip_metadata_api_check = true
  endpoints {
    kms = var.endpoint
    sts = var.endpoint
  }
}

# Without `enabled` the provider disables the key, and waits half a minute to see it stay so.
resource "aws_kms_external_key" "key" {
  count               = var.keys
  enabled             = true
  key_material_base64 = var.material
}

resource "aws_kms_alias" "key" {
  count         = var.keys
  name          = "alias/key-${count.index}"
  target_key_id = aws_kms_external_key.key[count.index].id
}
