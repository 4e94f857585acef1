"""The log of calls, mails, visits and meetings with an account."""
