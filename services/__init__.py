"""The four services of Mainstay; they never import each other."""
