"""How Mainstay is put to work: locally, in containers, with its policy pack."""
