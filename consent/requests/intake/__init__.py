"""How requests come in: what is asked, which law applies, who asks, whether it is known already."""
