"""The file of each account: identity, people, documents, team, completeness."""
