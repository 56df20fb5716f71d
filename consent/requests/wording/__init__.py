"""What people read, in each language: texts with places for values, closed lists, and dates written out."""
