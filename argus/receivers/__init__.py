"""What brings batches in: OTLP over gRPC and over HTTP, one decoding path for both."""
