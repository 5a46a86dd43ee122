// The part of Arduino's interface that the example uses, on a computer: Serial is standard input and output.
#ifndef ARDUINO_H
#define ARDUINO_H

#include <cstddef>
#include <cstdint>
#include <cstdio>

inline unsigned long micros() { return 0; }

class SerialStub
{
  public:
    void begin(unsigned long) {}
    explicit operator bool() const { return true; }
    int available()
    {
        if (next_ == none) next_ = std::getchar();
        return next_ == EOF ? 0 : 1;
    }
    int read()
    {
        const int c = available() ? next_ : -1;
        next_ = none;
        return c;
    }
    std::size_t write(const char *text, std::size_t length) { return std::fwrite(text, 1, length, stdout); }
    std::size_t println(const char *text) { return static_cast<std::size_t>(std::printf("%s\n", text)); }

  private:
    static constexpr int none = -2;
    int next_ = none;
};

extern SerialStub Serial;

void setup();
void loop();

#endif
