"""Writing CMAF: an init section, and segments of one movie fragment (ISO 14496-12, 23000-19)."""

from struct import pack

from packager.packaging.tracks import AudioTrack, Run, Track

_UNITY = pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000  # sample flags: depends on no other, on others
_SELF_CONTAINED = 1  # flag of a data reference


class CmafWriter:
    """Writes one CMAF rendition of one or two tracks; track ids are 1 and 2, in the order given."""

    suffix = ".m4s"

    def __init__(self, tracks: tuple[Track, ...]) -> None:
        self._tracks = tracks

    def init_section(self) -> bytes:
        """Return ``ftyp`` and ``moov``: no edit list (G-03), no samples."""
        ids = range(1, len(self._tracks) + 1)
        movie_header = pack(">IIII", 0, 0, 1000, 0) + pack(">iH10x", 0x10000, 0x100) + _UNITY
        moov = _box(
            b"moov",
            _full_box(b"mvhd", 0, 0, movie_header + bytes(24) + pack(">I", len(ids) + 1)),
            *(_trak(number, track) for number, track in zip(ids, self._tracks, strict=True)),
            _box(
                b"mvex",
                *(_full_box(b"trex", 0, 0, pack(">IIIII", n, 1, 0, 0, 0)) for n in ids),
            ),
        )
        return _box(b"ftyp", b"iso6", pack(">I", 0), b"iso6cmfcmp41") + moov

    def segment(self, number: int, runs: tuple[Run, ...]) -> bytes:
        """Return ``moof`` and ``mdat``; decode times run on from segment to segment (G-01)."""
        media = [b"".join(sample.data for sample in run.samples) for run in runs]
        header_size = len(_moof(number, runs, [0] * len(runs)))
        offsets, position = [], header_size + 8
        for data in media:
            offsets.append(position)
            position += len(data)
        return _moof(number, runs, offsets) + _box(b"mdat", *media)


def _moof(number: int, runs: tuple[Run, ...], offsets: list[int]) -> bytes:
    fragments = (
        _traf(track_id, run, offset)
        for track_id, (run, offset) in enumerate(zip(runs, offsets, strict=True), 1)
    )
    return _box(b"moof", _full_box(b"mfhd", 0, 0, pack(">I", number)), *fragments)


def _traf(track_id: int, run: Run, data_offset: int) -> bytes:
    duration = run.samples[0].duration if run.samples else 0  # the same for all of a track
    sizes = [len(sample.data) for sample in run.samples]
    if run.track.kind == "audio":
        flags, table = 0x201, pack(f">{len(sizes)}I", *sizes)
    else:
        flags = 0x601
        table = b"".join(
            pack(">II", len(sample.data), _SYNC if sample.is_sync else _NOT_SYNC)
            for sample in run.samples
        )
    return _box(
        b"traf",
        # the base is this moof; default duration and flags follow
        _full_box(b"tfhd", 0, 0x020028, pack(">III", track_id, duration, _SYNC)),
        _full_box(b"tfdt", 1, 0, pack(">Q", run.start)),
        _full_box(b"trun", 0, flags, pack(">Ii", len(sizes), data_offset) + table),
    )


def _trak(track_id: int, track: Track) -> bytes:
    if track.kind == "video":
        width, height, volume = track.spec.width, track.spec.height, 0
        handler, media_type = b"videVideo\0", _full_box(b"vmhd", 0, 1, bytes(8))
    else:
        width, height, volume = 0, 0, 0x100
        handler, media_type = b"sounSound\0", _full_box(b"smhd", 0, 0, bytes(4))
    header = pack(">IIIII8xhhhH", 0, 0, track_id, 0, 0, 0, 0, volume, 0)
    media_header = pack(">IIIIHH", 0, 0, track.timescale, 0, 0x55C4, 0)  # language "und"
    return _box(
        b"trak",
        _full_box(b"tkhd", 0, 7, header + _UNITY + pack(">II", width << 16, height << 16)),
        _box(
            b"mdia",
            _full_box(b"mdhd", 0, 0, media_header),
            _full_box(b"hdlr", 0, 0, bytes(4) + handler[:4] + bytes(12) + handler[4:]),
            _box(
                b"minf",
                media_type,
                _box(
                    b"dinf",
                    _full_box(
                        b"dref", 0, 0, pack(">I", 1) + _full_box(b"url ", 0, _SELF_CONTAINED)
                    ),
                ),
                _box(
                    b"stbl",
                    _full_box(b"stsd", 0, 0, pack(">I", 1) + _sample_entry(track)),
                    *(_full_box(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc", b"stco")),
                    _full_box(b"stsz", 0, 0, bytes(8)),
                ),
            ),
        ),
    )


def _sample_entry(track: Track) -> bytes:
    reference = bytes(6) + pack(">H", 1)
    if track.kind == "video":
        video = track.spec
        return _box(
            b"avc1",
            reference,
            bytes(16) + pack(">HHIIIH", video.width, video.height, 0x480000, 0x480000, 0, 1),
            bytes(32) + pack(">Hh", 0x18, -1),
            _box(b"avcC", track.config),
            _box(b"colr", b"nclx", pack(">HHHB", *video.colour, 0)),
            _box(b"pasp", pack(">II", 1, 1)),
        )
    audio = track.spec
    return _box(
        b"mp4a",
        reference,
        bytes(8) + pack(">HHIHH", audio.channels, 16, 0, audio.sample_rate & 0xFFFF, 0),
        _full_box(b"esds", 0, 0, _elementary_stream(track)),
    )


def _elementary_stream(track: AudioTrack) -> bytes:
    """Return an ES_Descriptor (ISO 14496-1, 7.2.6.5) for AAC."""
    rate = pack(">II", track.spec.bitrate, track.spec.bitrate)
    decoder = bytes([0x40, 0x15, 0, 0, 0]) + rate + _descriptor(5, track.config)
    return _descriptor(3, bytes(3) + _descriptor(4, decoder) + _descriptor(6, b"\x02"))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content  # below 128 bytes the length is one byte


def _box(kind: bytes, *content: bytes) -> bytes:
    return b"".join((pack(">I", 8 + sum(map(len, content))), kind, *content))


def _full_box(kind: bytes, version: int, flags: int, content: bytes = b"") -> bytes:
    return _box(kind, pack(">I", version << 24 | flags), content)
