package com.example.courier

import org.json.JSONArray
import kotlin.math.cos
import kotlin.math.hypot
import kotlin.math.PI

data class Depot(val code: String, val name: String, val latitude: Double, val longitude: Double) {
    /** Kilometres as the crow flies; flat-earth arithmetic is exact enough to choose between cities. */
    fun kilometresFrom(latitude: Double, longitude: Double): Double {
        val east = (this.longitude - longitude) * cos(latitude * PI / 180)
        return hypot(this.latitude - latitude, east) * 111.2
    }
}

fun readDepots(json: String): List<Depot> = JSONArray(json).let { rows ->
    (0 until rows.length()).map { rows.getJSONObject(it) }.map {
        Depot(it.getString("code"), it.getString("name"), it.getDouble("latitude"), it.getDouble("longitude"))
    }
}

fun List<Depot>.nearestTo(latitude: Double, longitude: Double): Depot? =
    minByOrNull { it.kilometresFrom(latitude, longitude) }
