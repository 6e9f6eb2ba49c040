"""H.264 on the level of its headers: NAL units, parameter sets, slice headers (ITU-T H.264)."""
