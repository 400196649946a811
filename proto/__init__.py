"""The contract: protocol buffer messages of specs and trials. Generated code; `make protos` renews it."""
