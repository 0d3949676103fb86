//go:build tools

// Package tools pins Pulumi's Node.js language host. It is a module of its own because sdk/v3 carries the host only
// up to v3.68.0, and the CLI needs a newer sdk/v3.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
