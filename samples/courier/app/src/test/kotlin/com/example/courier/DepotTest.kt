package com.example.courier

import org.junit.Assert.assertEquals
import org.junit.Test

class DepotTest {
    private val depots = readDepots(
        """[{"code": "AMS", "name": "Amsterdam", "latitude": 52.3731, "longitude": 4.8926},
            {"code": "BRU", "name": "Brussels", "latitude": 50.8467, "longitude": 4.3525}]""",
    )

    @Test
    fun `the nearest depot is the next one`() {
        assertEquals("AMS", depots.nearestTo(52.0907, 5.1214)?.code)
        assertEquals("BRU", depots.nearestTo(51.0543, 3.7174)?.code)
    }
}
