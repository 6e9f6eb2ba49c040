"""Pictures from elsewhere as data of templates: fetched, judged, kept; nothing waits for them."""
