/* SPDX-License-Identifier: BSD-3-Clause */
/* See picture.h. No exception leaves this file: its callers are C. */
#include "pam_idinqr/picture/picture.h"

#include <cstring>

#define ZX_USE_UTF8 1 /* text() as UTF-8 bytes, as in newer releases */
#include <ZXing/ReadBarcode.h>

#if __has_include(<ZXing/ReaderOptions.h>) /* its name since release 2.2 */
using Options = ZXing::ReaderOptions;
#else
using Options = ZXing::DecodeHints;
#endif

int
read_code(const unsigned char *gray, int width_px, int height_px, char *ret_text, size_t capacity)
{
    try {
        const auto options = Options().setFormats(ZXing::BarcodeFormat::QRCode);
        const auto codes =
            ZXing::ReadBarcodes({gray, width_px, height_px, ZXing::ImageFormat::Lum}, options);

        if (codes.size() != 1)
            return static_cast<int>(codes.size());
        const std::string text = codes[0].text();
        if (text.size() >= capacity || text.find('\0') != std::string::npos)
            return 2;
        std::memcpy(ret_text, text.c_str(), text.size() + 1);
        return 1;
    } catch (...) {
        return -1;
    }
}
