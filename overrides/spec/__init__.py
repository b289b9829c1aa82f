"""The tool behind `generate.sh`: from OpenAI's OpenAPI document to `openapi.yaml` to `generated_client/`."""
