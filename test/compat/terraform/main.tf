terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }
variable "account" { type = string }
variable "material" {
  type      = string
  sensitive = true
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = var.account
  secret_key              = "any"
  skip_metadata_api_check = true
  endpoints {
    kms = var.endpoint
    sts = var.endpoint
  }
}

provider "aws" {
  alias                   = "replica"
  region                  = "eu-west-1"
  access_key              = var.account
  secret_key              = "any"
  skip_metadata_api_check = true
  endpoints {
    kms = var.endpoint
    sts = var.endpoint
  }
}

# Without `enabled` the provider disables the key, and waits half a minute to see it stay so.
resource "aws_kms_external_key" "orders" {
  description             = "orders"
  multi_region            = true
  enabled                 = true
  key_material_base64     = var.material
  deletion_window_in_days = 7
  tags                    = { team = "orders" }
}

resource "aws_kms_alias" "orders" {
  name          = "alias/orders"
  target_key_id = aws_kms_external_key.orders.id
}

resource "aws_kms_replica_external_key" "orders" {
  provider                = aws.replica
  primary_key_arn         = aws_kms_external_key.orders.arn
  enabled                 = true
  key_material_base64     = var.material
  deletion_window_in_days = 7
}
