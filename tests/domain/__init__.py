"""The domain: plain values in, plain values out."""
