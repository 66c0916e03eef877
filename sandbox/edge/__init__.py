"""The data planes: what answers under an API's or a distribution's own host name."""
