"""One line in plain words below the quotes: whether it says only what they say."""
