"""What is earned: any benefit document, evaluated by the facts its windows hold, posted as the difference."""
