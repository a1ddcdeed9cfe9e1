"""The entrance: home, login and logout, language and theme, demo people, health."""
