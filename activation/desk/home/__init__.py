"""The officer's home page: whether anything is wrong, said first in words, and what each number rests on."""
