"""`requests`: what data subject requests cost."""
