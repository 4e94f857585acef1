"""How the key-account department does: twelve measures over facts, by person and branch, with lights and warnings."""
