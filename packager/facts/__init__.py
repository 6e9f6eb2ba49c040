"""Facts: typed inputs about viewer or moment, that rules, ad calls and overlays may ask for."""
