/* What Swift sees of this module: the messages that protoc-c generated and the guard in front of their parser. */
#ifndef CSCHEMAS_H
#define CSCHEMAS_H

#include "calibration.pb-c.h"
#include "onnx.pb-c.h"
#include "protobuf_guard.h"

#endif
