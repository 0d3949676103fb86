# A KMS key with key material of your own, and its alias.
#
#   export TF_VAR_material=$(openssl rand -base64 32)
#   terraform init && terraform apply
#
# With `-var endpoint=http://127.0.0.1:4599` (../README.md) nothing of it reaches AWS. Without it the same is created on AWS,
# where KMS keys cost money until `terraform destroy`.
#
# Terraform keeps the material in its state, in the clear: whoever reads the state has the key. Keep the state where keys are safe.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "endpoint" {
  description = "URL of a local KMS, which answers for STS too; AWS's own endpoints without it."
  type        = string
  default     = null
}

variable "material" {
  description = "Base64 of 32 bytes. AWS never gives them back, and another value replaces the KMS key."
  type        = string
  sensitive   = true
}

provider "aws" {
  region = "us-east-1"
  endpoints {
    kms = var.endpoint
    sts = var.endpoint
  }
}

resource "aws_kms_external_key" "example" {
  description         = "example"
  enabled             = true # Without it the key is disabled.
  key_material_base64 = var.material
}

resource "aws_kms_alias" "example" {
  name          = "alias/example-terraform"
  target_key_id = aws_kms_external_key.example.id
}

output "key" {
  value = "${aws_kms_alias.example.name} (${aws_kms_external_key.example.arn})"
}
