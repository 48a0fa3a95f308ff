"""The arithmetic of benchmarks/quality."""
