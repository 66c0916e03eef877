package com.example.courier

import android.app.Activity
import android.os.Bundle
import android.widget.TextView

class MainActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val depots = readDepots(assets.open("depots.json").bufferedReader().use { it.readText() })
        setContentView(TextView(this).apply { text = getString(R.string.next_depot, depots.first().name) })
    }
}
