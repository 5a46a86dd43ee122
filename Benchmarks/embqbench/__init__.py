"""What the benchmarks are made of. Benchmarks/README.md explains the report's lines."""
