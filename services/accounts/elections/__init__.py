"""What an account chose of a programme, and for which days."""
