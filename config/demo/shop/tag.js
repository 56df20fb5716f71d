// Stands for a tag of Google's: it looks at what it was told when it starts.
window.foundByTag = Array.from(window.dataLayer || []);
