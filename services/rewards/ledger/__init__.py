"""Double entry: what was granted moves from an expense to a beneficiary; a correction is one more posting."""
