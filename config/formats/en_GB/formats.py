"""The 24-hour clock with seconds: officers compare times. A time is not broken over two lines."""

DATE_FORMAT = "j\u00a0M\u00a0Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "j\u00a0M\u00a0Y,\u00a0H:i:s"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i:s"
