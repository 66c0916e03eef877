plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "com.example.courier"
    compileSdk = 36

    defaultConfig {
        applicationId = System.getenv("RELEASE_PACKAGE") ?: "com.example.courier"
        minSdk = 26
        targetSdk = 36
        versionCode = System.getenv("RELEASE_VERSION_CODE")?.toInt() ?: 1
        versionName = System.getenv("RELEASE_VERSION_NAME") ?: "dev"
    }

    signingConfigs {
        create("upload") {
            // ci/bundle.sh writes the file from what the build project takes out of Secrets Manager.
            storeFile = System.getenv("UPLOAD_KEYSTORE")?.let(::file)
            storePassword = System.getenv("UPLOAD_KEYSTORE_PASSWORD")
            keyAlias = "upload"
            keyPassword = System.getenv("UPLOAD_KEYSTORE_PASSWORD")
        }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
            signingConfig = signingConfigs.getByName("upload").takeIf { it.storeFile != null }
        }
    }
}

kotlin {
    jvmToolchain(21)
}

dependencies {
    testImplementation("junit:junit:4.13.2")
    testImplementation("org.json:json:20250517")
}
