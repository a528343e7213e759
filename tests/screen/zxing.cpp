/* SPDX-License-Identifier: BSD-3-Clause */
/* See zxing.h. No exception leaves this file: its callers are C. */
#include "tests/screen/zxing.h"

#include <cstring>

#define ZX_USE_UTF8 1 /* text() as UTF-8 bytes, as in newer releases */
#include <ZXing/ReadBarcode.h>

#if __has_include(<ZXing/ReaderOptions.h>) /* its name since release 2.2 */
using Options = ZXing::ReaderOptions;
#else
using Options = ZXing::DecodeHints;
#endif

extern "C" int
zxing_decode_qr(const unsigned char *gray, int width_px, int height_px, char **ret_text)
{
    *ret_text = nullptr;
    try {
        const auto options = Options().setFormats(ZXing::BarcodeFormat::QRCode);
        const auto codes =
            ZXing::ReadBarcodes({gray, width_px, height_px, ZXing::ImageFormat::Lum}, options);

        for (const auto &code : codes)
            if (code.text() != codes[0].text())
                return static_cast<int>(codes.size());
        if (!codes.empty() && !(*ret_text = strdup(codes[0].text().c_str())))
            return -1;
        return static_cast<int>(codes.size());
    } catch (...) {
        return -1;
    }
}
