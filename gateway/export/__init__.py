"""Formats: record batches of Arrow in, bytes out."""
