// Imports key material of your own into AWS KMS, then encrypts and decrypts with it through an alias.
//
//	AWS_ENDPOINT_URL_KMS=http://127.0.0.1:4599 AWS_REGION=us-east-1 \
//	AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=any go run .
//
// Without AWS_ENDPOINT_URL_KMS it does the same on AWS, where the KMS key costs money until its deletion is scheduled.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryer(patient))
	if err != nil {
		return err
	}
	client := kms.NewFromConfig(cfg)

	created, err := client.CreateKey(ctx, &kms.CreateKeyInput{Origin: types.OriginTypeExternal})
	if err != nil {
		return err
	}
	key := created.KeyMetadata

	// AWS never gives material back. Make it and keep it where keys are safe: a lost key cannot be imported again.
	material := make([]byte, 32)
	rand.Read(material)
	if err := importMaterial(ctx, client, key.KeyId, material); err != nil {
		return err
	}

	alias := aws.String("alias/example-" + rand.Text())
	if _, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: alias, TargetKeyId: key.KeyId}); err != nil {
		return err
	}

	message := []byte("hello")
	sealed, err := client.Encrypt(ctx, &kms.EncryptInput{KeyId: alias, Plaintext: message})
	if err != nil {
		return err
	}
	opened, err := client.Decrypt(ctx, &kms.DecryptInput{KeyId: alias, CiphertextBlob: sealed.CiphertextBlob})
	if err != nil {
		return err
	}
	if !bytes.Equal(opened.Plaintext, message) {
		return fmt.Errorf("expected %q, got %q", message, opened.Plaintext)
	}
	fmt.Printf("%s (%s) encrypts and decrypts with the imported material\n", *alias, *key.Arn)
	return nil
}

// importMaterial wraps the material for AWS KMS, so that nobody between here and there can read it, and imports it.
func importMaterial(ctx context.Context, client *kms.Client, keyID *string, material []byte) error {
	parameters, err := client.GetParametersForImport(ctx, &kms.GetParametersForImportInput{
		KeyId:             keyID,
		WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256,
		WrappingKeySpec:   types.WrappingKeySpecRsa3072,
	})
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKIXPublicKey(parameters.PublicKey)
	if err != nil {
		return err
	}
	wrappingKey, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("expected an RSA wrapping key, got %T", parsed)
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, wrappingKey, material, nil)
	if err != nil {
		return err
	}
	_, err = client.ImportKeyMaterial(ctx, &kms.ImportKeyMaterialInput{
		KeyId:                keyID,
		EncryptedKeyMaterial: wrapped,
		ImportToken:          parameters.ImportToken,
		ExpirationModel:      types.ExpirationModelTypeKeyMaterialDoesNotExpire,
	})
	return err
}

// patient retries what AWS KMS refuses only until a change has reached all of it, a few seconds: a new key or alias is not found,
// or the key is still without material. https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
func patient() aws.Retryer {
	standard := retry.NewStandard(func(options *retry.StandardOptions) { options.MaxAttempts = 10 })
	return retry.AddWithErrorCodes(standard, "NotFoundException", "KMSInvalidStateException")
}
