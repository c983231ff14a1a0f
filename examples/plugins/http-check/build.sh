#!/bin/sh
# Builds the image that restricted workflows run this plugin in. Options are passed on: ./build.sh --no-cache
set -eu
cd "$(dirname "$0")/../.."
exec "${WORKFLOW:-workflow}" plugin build example/http-check "$@"
