"""Stories: shows whose content is made of assets, put in order for each session.

Values in, values out, but for `stories` and `documents`, which join them with the server.
"""
