/* What Swift sees of this module: the messages that protoc-c generated and the guard in front of their parser. */
#ifndef CEMBQ_SCHEMAS_H
#define CEMBQ_SCHEMAS_H

#include "calibration.pb-c.h"
#include "onnx.pb-c.h"
#include "protobuf_guard.h"

#endif
