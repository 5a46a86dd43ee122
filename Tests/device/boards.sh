# shellcheck shell=bash disable=SC2034 # sourced by check.sh, which uses what is set here
# The boards: how to compile, link and run for each. Needs $clang and $here.

all_boards='m4 m4-O3 m4-clang m7 m55 m33 m0plus m0 rv32 rv32imc aarch64'

# describe BOARD sets title, compiler, flags, start (files), linker, libraries, nm, size, emulator, bits of an address.
describe() {
    local cortex=(-mthumb -mfloat-abi=hard) m4=(-mcpu=cortex-m4 -mfpu=fpv4-sp-d16) memory=(0 0x20000000)
    case $1 in
        m4) title='Cortex-M4, gcc -Os' && cortex_m mps2-an386 0x40004000 -Os "${m4[@]}" "${cortex[@]}" ;;
        m4-O3) title='Cortex-M4, gcc -O3' && cortex_m mps2-an386 0x40004000 -O3 "${m4[@]}" "${cortex[@]}" ;;
        m4-clang)
            title='Cortex-M4, clang -Os' && cortex_m mps2-an386 0x40004000 -Os "${m4[@]}" "${cortex[@]}"
            compiler=("$clang" --target=thumbv7em-none-eabihf)
            ;;
        m7) title='Cortex-M7, gcc -O2' && cortex_m mps2-an500 0x40004000 -O2 -mcpu=cortex-m7 -mfpu=fpv5-d16 "${cortex[@]}" ;;
        m55) title='Cortex-M55, gcc -O2' && cortex_m mps3-an547 0x59303000 -O2 -mcpu=cortex-m55 "${cortex[@]}" ;;
        # The addresses of its Secure state, in which it begins.
        m33)
            title='Cortex-M33, gcc -Os' memory=(0x10000000 0x38000000)
            cortex_m mps2-an505 0x50200000 -Os -mcpu=cortex-m33 "${cortex[@]}"
            ;;
        # The board has an M4, which executes all that an M0+ does; check_armv6m sees that there is nothing else.
        m0plus) title='Cortex-M0+, gcc -Os' && cortex_m mps2-an386 0x40004000 -Os -mcpu=cortex-m0plus -mthumb ;;
        # A micro:bit, the nRF51822: 256 KiB of flash, 16 KiB of RAM.
        m0)
            title='Cortex-M0, gcc -Os' && cortex_m microbit 0 -Os -mcpu=cortex-m0 -mthumb
            start=(cortex_m.c nrf51.c) linker+=("-Wl,--defsym=FLASH_SIZE=0x40000,--defsym=RAM_SIZE=0x4000")
            ;;
        rv32) title='RISC-V rv32imac, gcc -Os' && riscv rv32imac ;;
        # What an ESP32-C3 executes: atomic instructions and floats are faults.
        rv32imc) title='RISC-V rv32imc, gcc -Os' && riscv rv32imc -cpu rv32,a=false,f=false,d=false ;;
        aarch64) title='AArch64, clang -O2' && linux aarch64-linux-gnu qemu-aarch64 64 ;;
        armeb) title='Arm, big-endian' && linux armeb-linux-gnueabi qemu-armeb 32 -mcpu=cortex-a7 -mfloat-abi=soft ;;
        *) fail "there is no board $1; there are $all_boards" ;;
    esac
}

# cortex_m MACHINE UART FLAG...: flash and RAM begin at the addresses in `memory`
cortex_m() {
    compiler=(arm-none-eabi-gcc) start=(cortex_m.c cmsdk.c) flags=("${@:3}" "-DBOARD_UART=$2u")
    size=arm-none-eabi-size nm=arm-none-eabi-nm bits=32
    linker=(arm-none-eabi-gcc -nostdlib -T "$here/firmware.ld" -Wl,--gc-sections,--fatal-warnings)
    linker+=("-Wl,--defsym=FLASH_START=${memory[0]},--defsym=RAM_START=${memory[1]}")
    libraries=(-lgcc)
    emulator=(qemu-system-arm -M "$1" -display none -monitor none -serial stdio
        -semihosting-config "enable=on,target=native" -kernel)
}

# riscv ARCHITECTURE OPTION...: "virt" has RAM alone, whose first 512 KiB serve for flash.
riscv() {
    compiler=(riscv64-unknown-elf-gcc) start=(riscv.c) flags=(-Os "-march=$1" -mabi=ilp32 -msmall-data-limit=0)
    size=riscv64-unknown-elf-size nm=riscv64-unknown-elf-nm bits=32
    linker=(riscv64-unknown-elf-gcc -nostdlib -T "$here/firmware.ld" -Wl,--gc-sections
        "-Wl,--defsym=FLASH_START=0x80000000,--defsym=RAM_START=0x80100000")
    libraries=(-lgcc)
    emulator=(qemu-system-riscv32 -M virt "${@:2}" -bios none -display none -monitor none -serial stdio -kernel)
}

# linux TARGET EMULATOR BITS FLAG...: a process, where no linker script sets a budget
linux() {
    compiler=("$clang" "--target=$1") start=(linux.c) flags=(-O2 "${@:4}")
    size=size nm=nm bits=$3
    linker=("${compiler[@]}" -nostdlib -static -fuse-ld=lld -Wl,--gc-sections)
    libraries=()
    emulator=("$2")
}
