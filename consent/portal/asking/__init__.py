"""The forms by which people ask for something: their fields, what is wrong in them, what is sent on."""
