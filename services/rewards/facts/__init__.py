"""What rewards knows: every consumed event, folded into one compact state per account, order and contract."""
