// What an Arduino core does around a sketch, until standard input ends.
#include "Arduino.h"

SerialStub Serial;

int main()
{
    setup();
    while (Serial.available()) loop();
    return 0;
}
