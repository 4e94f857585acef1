"""From a quote to the reward and back: which facts belong together (P10)."""
