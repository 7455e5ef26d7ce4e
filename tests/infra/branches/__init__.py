"""Stories of far branches and their country."""
