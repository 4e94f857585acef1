"""Growth plans of key accounts: objectives bound to facts, activities, progress."""
