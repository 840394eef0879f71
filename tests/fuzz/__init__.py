"""The decoder against documents that nobody wrote: random instances of the SDK's own models, then mutated."""
