"""The web pages, asked as a browser asks: log-in by the form, cookies, forms with their fields."""
