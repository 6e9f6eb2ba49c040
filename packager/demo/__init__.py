"""Everything embedded: content, ad server, sessions and a page that plays them."""
